"""DynamoDB tables and the questions asked of them: the only place that knows keys and indexes."""

from models import imports as imports
