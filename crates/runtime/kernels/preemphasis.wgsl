// x[i] − c·x[i−1] over the whole row; samples before it are zero (NeMo).

fn compute(at: u32) -> f32 {
    if (at % ROW_LEN == 0u) {
        return operand[at];
    }
    return operand[at] - PREEMPHASIS * operand[at - 1u];
}
