"""What the chapters guess about real models, measured: the figures behind the plots of an audit.

Measures are computed in plain double precision, for pictures. What is reported as a count of neurons or heads that
certainly fulfil a criterion is decided by enclosures, and says how many are undecided.
"""
