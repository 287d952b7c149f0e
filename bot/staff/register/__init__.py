"""The register: who works here and who is looked after, as the operator lists and changes them."""
