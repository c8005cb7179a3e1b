"""DSTU signatures, from the hash to the container: vectors, both ways of calculating, hostile bytes."""
