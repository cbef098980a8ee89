"""Networks by name from torchvision, timm and transformers."""
