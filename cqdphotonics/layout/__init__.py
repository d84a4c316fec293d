"""Layout: layers, film stacks, how devices are declared, and GDS files in and out."""
