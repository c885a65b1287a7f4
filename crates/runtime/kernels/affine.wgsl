// x · SCALE + OFFSET. The factor of a density may be too small for f32, so it is given as two factors.

fn compute(at: u32) -> f32 {
    return operand[at] * SCALE * RANGE + OFFSET;
}
