"""Judges that share no code with us: foreign implementations of DSTU 4145 look at what we make, and we at theirs.

They are not part of the installation. ``.ci/judges`` fetches them into ``.judges`` (or the folder that KASSANET_JUDGES
names); without them these tests are skipped, and say what is missing.
"""
