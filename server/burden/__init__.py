"""The burden ledger (减负台账) and every report over more than one session."""
