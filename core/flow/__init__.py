"""What Kairos does, step by step, over ports only. Steps meet in the store and never import each other."""
