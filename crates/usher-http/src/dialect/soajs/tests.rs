//! The whole dialect over the real use cases.
