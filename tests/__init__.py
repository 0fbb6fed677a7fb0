"""The tests. ``unit`` looks at one module, ``integration`` at handlers on an AWS in memory, ``contract`` at promises."""
