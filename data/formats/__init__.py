"""Extensions of Pillow for image formats: PNG chunks, BMP bit fields, colour, silence."""
