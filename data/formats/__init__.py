"""What single image formats need beyond Pillow: PNG's chunks, BMP's bit fields, colour, silence."""
