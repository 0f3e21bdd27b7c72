"""The live run of a session (会控): commands become events, events become state, by pure rules."""
