//! The use cases, and the ports through which they reach the world.

mod ports;
#[cfg(feature = "testing")]
pub mod testing;

pub use ports::{
    Audit, Changes, Clock, CommitError, Credentials, Cursor, DeliveryError, Directory, Entropy,
    Filter, Flag, Invitations, Ledger, Loss, Moment, Organizations, Outbox, Page, Passwords, Ports,
    Postman, Question, Sessions, Settlement, Standing, StoreError, Tenants, Test, TextField,
    TextTest, Users, Verdict,
};
