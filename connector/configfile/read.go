package configfile

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// maxFile bounds a file, in bytes: more would be no config, mail or secret.
const maxFile = 8 << 20

// fileState is what a file was when it was read.
type fileState struct {
	path string
	sum  [sha256.Size]byte // of its text, and of why it could not be read
}

func stateOf(path string, text []byte, err error) fileState {
	sum := sha256.New()
	fmt.Fprintf(sum, "%v\n", err)
	sum.Write(text)
	return fileState{path, [sha256.Size]byte(sum.Sum(nil))}
}

// read returns a file's text. Errors name the path.
func (s *Source) read(ctx context.Context, path string) ([]byte, error) {
	return s.await(ctx, path, func() ([]byte, error) { return readRegular(path) })
}

// await reads a file elsewhere, and waits no longer than ctx: a network file system that
// stops answering must keep nobody from stopping the service. Who asks for the same file
// again waits for the same read, so that reads that hang are few.
func (s *Source) await(ctx context.Context, path string, read func() ([]byte, error)) ([]byte, error) {
	result := s.reads.DoChan(path, func() (any, error) { return read() })
	select {
	case r := <-result:
		text, _ := r.Val.([]byte)
		return text, r.Err
	case <-ctx.Done():
		return nil, &fs.PathError{Op: "read", Path: path, Err: ErrSlow}
	}
}

// ErrSlow says that a file could not be read in time, as on a network file system that hangs.
var ErrSlow = errors.New("it does not answer")

var (
	errIrregular = errors.New("it is not a regular file")
	errTooLarge  = fmt.Errorf("it is larger than %d MiB", maxFile>>20)
)

type (
	statFunc = func(path string) (fs.FileInfo, error)
	openFunc = func(path string, flag int, perm fs.FileMode) (*os.File, error)
)

// readRegular reads a regular file.
func readRegular(path string) ([]byte, error) {
	f, _, err := openRegular(os.Stat, os.OpenFile, path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = &fs.PathError{Op: "read", Path: path, Err: errTooLarge}
	}
	if err != nil {
		return nil, err
	}
	return text, nil
}

// openRegular opens a regular file by the functions of a folder or of the whole file
// system. It neither opens a device nor waits for the other end of a pipe.
func openRegular(stat statFunc, open openFunc, path string) (*os.File, fs.FileInfo, error) {
	if err := checkRegular(path)(stat(path)); err != nil {
		return nil, nil, err
	}
	f, err := open(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err := checkRegular(path)(info, err); err != nil { // once more: it may be another file by now
		_ = f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

func checkRegular(path string) func(fs.FileInfo, error) error {
	return func(info fs.FileInfo, err error) error {
		if err == nil && !info.Mode().IsRegular() {
			return &fs.PathError{Op: "open", Path: path, Err: errIrregular}
		}
		return err
	}
}
