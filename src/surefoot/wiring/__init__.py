"""Build the rooms from the settings: the only place that chooses a vendor."""
