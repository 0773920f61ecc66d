package configfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxLinks is how many links a path may have, one behind the other.
const maxLinks = 40

var errTooManyLinks = errors.New("too many links")

// trail returns the names that decide which file a path leads to: every link on the
// way, be it to a folder or to the file, and at last the file itself. None of them has a
// link before its last step. Where the way ends, the first name that is not there is
// the last one, beside the error.
func trail(path string) ([]string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	root := filepath.VolumeName(path) + string(filepath.Separator)
	steps := splitPath(path[len(root):])
	var names []string
	at := root
	for links := 0; len(steps) > 0; {
		next := filepath.Join(at, steps[0]) // at has no links, so that .. is the folder above
		steps = steps[1:]
		info, err := os.Lstat(next)
		if err != nil {
			return append(names, next), err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			at = next
			continue
		}
		names = append(names, next)
		if links++; links > maxLinks {
			return names, &fs.PathError{Op: "open", Path: path, Err: errTooManyLinks}
		}
		link, err := os.Readlink(next)
		if err != nil {
			return names, err
		}
		if filepath.IsAbs(link) {
			at = root
		}
		steps = append(splitPath(link), steps...)
	}
	return append(names, at), nil
}

func splitPath(path string) []string {
	return strings.FieldsFunc(filepath.ToSlash(path), func(r rune) bool { return r == '/' })
}
