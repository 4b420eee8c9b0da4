//! What may be told of a panic that was caught.

use std::any::Any;

/// The length of the panic's message in bytes, `None` when it had none. The message itself may
/// quote what the code choked on, so it is not for the log.
pub fn message_length(payload: &(dyn Any + Send)) -> Option<usize> {
    payload
        .downcast_ref::<String>()
        .map(String::len)
        .or_else(|| payload.downcast_ref::<&str>().map(|text| text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_measured_in_both_of_its_forms() {
        assert_eq!(message_length(&"fixed"), Some(5));
        assert_eq!(message_length(&String::from("formatted")), Some(9));
        assert_eq!(message_length(&7_u8), None);
    }
}
