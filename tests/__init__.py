"""The tests.

``unit`` looks at one module at a time, ``integration`` at handlers on an AWS in memory, ``contract`` at promises.
"""
