"""PrivatBank's ECR JSON: bytes, meanings, and a terminal that is only as good as its script."""
