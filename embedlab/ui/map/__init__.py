"""The map: component, data, panels."""
