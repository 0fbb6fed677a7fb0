"""One file is one Lambda function, named like its key in ``serverless.yml``."""
