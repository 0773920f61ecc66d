//go:build unix

package configfile

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

const writeAccess = 2 // W_OK of access(2)

// mayWrite returns the reason why this process may not write a file or folder.
func mayWrite(path string) error {
	if err := syscall.Access(path, writeAccess); err != nil {
		return &fs.PathError{Op: "access", Path: path, Err: err}
	}
	return nil
}

// likeOld gives a new file the mode and the owner of the old one.
func likeOld(file *os.File, old fs.FileInfo) error {
	now, err := file.Stat()
	if err != nil {
		return err
	}
	was, ok := old.Sys().(*syscall.Stat_t)
	is, _ := now.Sys().(*syscall.Stat_t)
	if ok && is != nil && (was.Uid != is.Uid || was.Gid != is.Gid) {
		if err := file.Chown(int(was.Uid), int(was.Gid)); err != nil {
			return fmt.Errorf("%w: %w", errOwner, err)
		}
	}
	return file.Chmod(old.Mode()) // last: a change of owner takes bits away
}
