// x · SCALE + OFFSET. A density's factor may be too small for f32: it comes in two.

fn compute(at: u32) -> f32 {
    return operand[at] * SCALE * RANGE + OFFSET;
}
