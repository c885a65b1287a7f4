//! Learned butterfly transforms.
