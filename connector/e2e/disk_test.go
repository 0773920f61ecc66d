//go:build e2e

package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

const diskRate = 40 // sends a second

// TestDiskFull has the database's file system fill up under load, twice. What
// can't be stored is not promised, and the service recovers by itself, or after a
// power cut at the worst time.
func TestDiskFull(t *testing.T) {
	disk := newDisk(t)
	c := newCampaign(t, "sqlite:"+filepath.Join(disk.dir, "outbox.db"), 1)
	c.faults = halfFailing
	c.boot(t)
	stop := c.load(t, diskRate)
	time.Sleep(time.Second)

	disk.fill(t, c)
	c.wantRefusals(t)
	disk.free(t, c)
	took := c.wantPromises(t)

	disk.fill(t, c)
	c.wantRefusals(t)
	c.replicas[0].crash(t)
	disk.free(t, c)
	c.boot(t)
	c.wantPromises(t)
	stop()
	c.settleUp(t)
	t.Logf("takes mails again %v after there is room", took.Round(10*time.Millisecond))
}

// disk is a file system for the database alone, or a limit on the size of its
// files where none may be mounted.
type disk struct {
	dir     string
	mounted bool
}

// newDisk makes a disk of a few megabytes.
func newDisk(t *testing.T) *disk {
	t.Helper()
	d := &disk{dir: t.TempDir()}
	if said, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", d.dir).CombinedOutput(); err != nil {
		t.Logf("no file system of its own, so the size of files is limited: %v, %s", err, bytes.TrimSpace(said))
		return d
	}
	d.mounted = true
	t.Cleanup(func() { run(t, "umount", "--lazy", d.dir) })
	return d
}

func (d *disk) ballast() string { return filepath.Join(d.dir, "ballast") }

// fill leaves no room for the database to grow.
func (d *disk) fill(t *testing.T, c *campaign) {
	t.Helper()
	if !d.mounted {
		limit(t, c, "4096") // below what the files have: nothing more can be written
		return
	}
	f, err := os.Create(d.ballast())
	must(t, err)
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
}

// free makes room again.
func (d *disk) free(t *testing.T, c *campaign) {
	t.Helper()
	if d.mounted {
		must(t, os.Remove(d.ballast()))
	} else if c.replicas[0].runs() {
		limit(t, c, "unlimited")
	}
}

func limit(t *testing.T, c *campaign, size string) {
	t.Helper()
	run(t, "prlimit", "--fsize="+size+":", "--pid", strconv.Itoa(c.replicas[0].cmd.Process.Pid))
}

// run runs a command of the system's.
func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if said, err := exec.Command(name, args...).CombinedOutput(); err != nil { //nolint:noctx // short, and used after the test
		t.Error(fmt.Errorf("%s: %w: %s", name, err, said))
	}
}
