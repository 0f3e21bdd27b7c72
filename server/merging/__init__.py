"""Merging (拼会), pure: from an instance to a plan, its price, its proof, and words for them."""
