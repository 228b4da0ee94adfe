"""What is compared, and what it is worth: blocking rules, comparisons, and learned parameters."""
