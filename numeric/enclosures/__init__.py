"""Rigorous numerics: midpoint-radius arithmetic, functions with proven bounds, the transformer in enclosures,
and verified linear algebra. What a value here says of the exact one is argued where it is computed."""
