"""What every page stands in: frame, navigation, current choice, errors, shared resources."""
