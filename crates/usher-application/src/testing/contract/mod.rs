//! What every store must do, whatever it is made of: the executable half of the ports' docs.
