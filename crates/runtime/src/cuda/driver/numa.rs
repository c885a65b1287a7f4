//! Host memory near a device: on machines with several sockets, copies from memory of another socket are slower.

/// While this value exists, new pages of the calling thread come from one node if that has room; afterwards the
/// previous policy applies again. It does nothing if the system has no such policies or forbids them.
pub(super) struct Near(#[cfg(target_os = "linux")] Option<linux::Policy>);

impl Near {
    /// Prefers `node`, in the system's numbering; `None` for a machine without nodes.
    pub(super) fn node(node: Option<usize>) -> Self {
        #[cfg(target_os = "linux")]
        return Self(node.and_then(linux::prefer));
        #[cfg(not(target_os = "linux"))]
        {
            let _ = node;
            Self()
        }
    }
}

#[cfg(target_os = "linux")]
impl Drop for Near {
    fn drop(&mut self) {
        if let Some(policy) = &self.0 {
            linux::set(policy);
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    /// Bits of a mask of nodes: the most that kernels are built for.
    const NODES: usize = 1024;

    /// linux/mempolicy.h.
    const PREFERRED: libc::c_int = 1;

    /// A mode and its nodes.
    #[derive(Debug, Clone, PartialEq)]
    pub(super) struct Policy {
        mode: libc::c_int,
        mask: [u64; NODES / 64],
    }

    /// Returns the calling thread's policy.
    pub(super) fn get() -> Option<Policy> {
        let mut policy = Policy { mode: 0, mask: [0; NODES / 64] };
        // SAFETY: both outlive the call, and the mask has the bits that are named.
        let code = unsafe {
            libc::syscall(
                libc::SYS_get_mempolicy,
                &raw mut policy.mode,
                policy.mask.as_mut_ptr(),
                NODES,
                std::ptr::null::<u8>(),
                0,
            )
        };
        (code == 0).then_some(policy)
    }

    pub(super) fn set(policy: &Policy) -> bool {
        // The kernel uses one bit fewer than the number given. SAFETY: the mask has the bits that are named, and is
        // only read.
        unsafe { libc::syscall(libc::SYS_set_mempolicy, policy.mode, policy.mask.as_ptr(), NODES) == 0 }
    }

    /// Prefers a node and returns the previous policy; `None` if that failed.
    pub(super) fn prefer(node: usize) -> Option<Policy> {
        let before = get()?;
        let mut near = Policy { mode: PREFERRED, mask: [0; NODES / 64] };
        *near.mask.get_mut(node / 64)? |= 1 << (node % 64);
        set(&near).then_some(before)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_policy_lasts_as_long_as_its_guard() {
            let Some(before) = get() else {
                // Without memory policies, nothing is set and nothing fails.
                assert_eq!(super::super::Near::node(Some(0)).0, None);
                return;
            };
            let near = super::super::Near::node(Some(0));
            if near.0.is_some() {
                let now = get().expect("as before");
                assert_eq!((now.mode, now.mask[0]), (PREFERRED, 1));
            }
            drop(near);
            assert_eq!(get(), Some(before.clone()));
            // A node that cannot exist changes nothing.
            drop(super::super::Near::node(Some(NODES)));
            assert_eq!(get(), Some(before));
        }
    }
}
