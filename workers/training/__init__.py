"""How the shipped model came to be; needs the `train` extra, which a running shop does not."""
