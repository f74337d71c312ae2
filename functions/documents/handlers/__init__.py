"""One file, one Lambda function."""
