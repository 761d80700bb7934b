"""What outcomes teach: features, response models, delay and the checks that keep a model honest."""
