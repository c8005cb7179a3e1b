"""The DC2 service over the whole of kassanet, as a till sees it."""
