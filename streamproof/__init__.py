"""The front door: the command line and the reports. Imports `numeric` and `formal`; nothing imports it."""
