"""Networks: tensor in, tensor out. They know sizes, not distributions.

Every module has `build(input_shape, output_shape, *, ...)` and returns a keras.Model; shapes are without the batch. Which way
a convolutional network goes (down to a vector, or up to an image) follows from the two shapes.
"""
