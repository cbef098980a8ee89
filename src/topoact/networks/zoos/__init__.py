"""Networks by name from torchvision, timm and transformers: one module for each library, with `load`."""
