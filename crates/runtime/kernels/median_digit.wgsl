// The next two bits of the value that `wanted` values precede, from the number of those with the bits 0, 1 and 2; `wanted` becomes
// the number of those that precede it among the values with its bits.
fn digit_of(count: vec3u, wanted: ptr<function, u32>) -> u32 {
    if (*wanted < count.x) {
        return 0u;
    }
    *wanted -= count.x;
    if (*wanted < count.y) {
        return 1u;
    }
    *wanted -= count.y;
    if (*wanted < count.z) {
        return 2u;
    }
    *wanted -= count.z;
    return 3u;
}
