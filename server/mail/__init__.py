"""Letters (信件): an outbox that every feature may put letters into, and what delivers them."""
