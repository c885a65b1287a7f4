//! Builder methods of parameter structs: one method per field, named like it.

/// Methods that set one field and return the parameters. A path after `=>` is a field of a nested struct.
macro_rules! builders {
    ($($(#[$doc:meta])* $name:ident: $type:ty $(=> $($path:ident).+)?;)+) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: $type) -> Self {
            builders!(@set self $name $($($path).+)?);
            self
        }
    )+};
    (@set $self:ident $name:ident) => { $self.$name = $name.into() };
    (@set $self:ident $name:ident $($path:ident).+) => { $self.$($path).+ = $name.into() };
}
pub(crate) use builders;
