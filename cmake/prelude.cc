// Empty: it only carries the precompiled header (prelude.cmake).
