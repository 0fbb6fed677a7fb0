"""One file is one Lambda function, named like its key in ``serverless.yml``.

Whichever of them runs, none of its HTTP operations lets in who signed out everywhere or left.
"""

from core import aws, operations
from domain import admission

operations.guard(admission.check)
aws.prepare()
