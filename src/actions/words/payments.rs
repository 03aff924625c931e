//! Error texts of stored ways to pay, charges and refunds. The table of refusals is that of [`super::billing`].

pub const ATTEMPT_FAILED: &str = "Payment Attempt Failed";
pub const TRANSACTION_NOT_FOUND: &str = "Transaction ID Not Found";
pub const PAY_METHOD_INVALID: &str = "Invalid Pay Method ID";
pub const OF_ANOTHER_CLIENT: &str = "Pay Method does not belong to passed Client ID";
pub const CANNOT_STORE: &str = "Unsupported Gateway Type for Storage";
pub const CANNOT_UPDATE: &str = "Unsupported Gateway Type for Update";
pub const NOTHING_TO_UPDATE: &str = "No Details Provided for Update";
pub const CARD_NUMBER_OF_GATEWAY: &str = "Unable to Update Card Number for Assisted Gateway";
pub const CREATE_FAILED: &str = "Error Creating Remote Token: ";
pub const UPDATE_FAILED: &str = "Error Updating Remote Pay Method: ";
pub const DELETE_FAILED: &str = "Error Deleting Remote Pay Method: ";
