# The Debian package, by CPack: what is installed where, and the package's fields. ./x package builds it.

# Only what is installed is built for it, not the tests.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

# Policy wants texts compressed, the same bytes each time.
function(install_compressed file destination name)
  find_program(GZIP gzip REQUIRED)
  set(compressed ${CMAKE_BINARY_DIR}/packaging/${name}.gz)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/packaging)
  execute_process(COMMAND ${GZIP} -9nc ${file} OUTPUT_FILE ${compressed} COMMAND_ERROR_IS_FATAL ANY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  install(FILES ${compressed} DESTINATION ${destination})
endfunction()

# Debian's own changelog names the version and refers to ours.
string(TIMESTAMP TERRACE_BUILT "%a, %d %b %Y %H:%M:%S +0000" UTC)
set(TERRACE_CONTACT "The Terrace maintainers <terrace@terrace.invalid>" CACHE STRING "Maintainer of the Debian package")
configure_file(packaging/changelog.in packaging/changelog @ONLY)

install(TARGETS terrace-server RUNTIME DESTINATION bin)
install(FILES packaging/terrace.service DESTINATION /lib/systemd/system)
install(FILES packaging/terrace.conf DESTINATION /etc/terrace)
install(FILES README.md ARCHITECTURE.md storage/FORMAT.md packaging/copyright DESTINATION share/doc/terrace)
install_compressed(${CMAKE_SOURCE_DIR}/CHANGELOG.md share/doc/terrace CHANGELOG.md)
install_compressed(${CMAKE_BINARY_DIR}/packaging/changelog share/doc/terrace changelog)
install_compressed(${CMAKE_SOURCE_DIR}/packaging/terrace-server.1 share/man/man1 terrace-server.1)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME terrace)
set(CPACK_PACKAGE_CONTACT ${TERRACE_CONTACT})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
# The symbols, for perf and for stack traces, are in a package of their own.
set(CPACK_DEBIAN_DEBUGINFO_PACKAGE ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
    WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Redis-compatible server for datasets larger than memory
What is hot lives in memory, what is cold lies compressed on a local disk, and
the disk holds the database: a reply never tells of something that a power cut
could take back. Any Redis client connects as it is.
.
Needs Linux with io_uring and a file system with O_DIRECT (ext4, XFS).")
# What the binary links is found in it; adduser is for the user, and init-system-helpers is essential.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS redis-tools)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/packaging/conffiles ${CMAKE_SOURCE_DIR}/packaging/postinst
    ${CMAKE_SOURCE_DIR}/packaging/prerm ${CMAKE_SOURCE_DIR}/packaging/postrm)
include(CPack)
