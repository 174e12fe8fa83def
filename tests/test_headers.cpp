// Nothing: the target it belongs to has the precompiled headers of the test programs (CMakeLists.txt).
