package org.smmulator.vfio.served;

import io.netty.channel.EventLoop;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.smmulator.arch.port.PciAddress;
import org.smmulator.counter.Counts;
import org.smmulator.counter.Tally;
import org.smmulator.execution.Execution;
import org.smmulator.execution.Loop;
import org.smmulator.pcie.FunctionWatcher;
import org.smmulator.pcie.RootComplex;
import org.smmulator.smmu.Smmu;
import org.smmulator.vfio.VfioCounter;
import org.smmulator.vfio.VfioPort;

/**
 * Serves a machine: {@code smmu.sock}, and {@code BB:DD.F.sock} for each function while software
 * may see it, in a folder that its user alone can enter. Sockets are opened and closed by a task of
 * its own, because to do so takes a while; what is served is on the hardware's loop.
 */
public final class VfioServer implements FunctionWatcher, AutoCloseable {
  /** The socket of the SMMU. */
  public static final String SMMU_SOCKET = "smmu.sock";

  private static final Logger LOG = LoggerFactory.getLogger(VfioServer.class);
  private static final Set<PosixFilePermission> OWNER =
      PosixFilePermissions.fromString("rwx------");

  private final Path folder;
  private final EventLoop thread;
  private final Loop loop;
  private final Execution execution;
  private final RootComplex root;
  private final SharedRam ram;
  private final Tally<VfioCounter> tally = new Tally<>(VfioCounter.class);
  private final InterruptMessages interrupts = new InterruptMessages();
  private final SmmuFunction smmu;

  /** Functions there are, on the hardware's loop. */
  private final Map<Integer, BusFunction> functions = new HashMap<>();

  /** Open sockets by their names; the task's. */
  private final Map<String, VfioPort> ports = new HashMap<>();

  private final Queue<Runnable> steps = new ConcurrentLinkedQueue<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private volatile boolean closing;
  private volatile Execution.@Nullable Handle task;
  private boolean folderIsOurs;

  /**
   * @param folder for the sockets
   * @param thread what the hardware's loop runs on
   * @param execution runs the task
   * @param ramBase where the machine's RAM begins, which is the client's too
   */
  public VfioServer(
      Path folder,
      EventLoop thread,
      Loop loop,
      Execution execution,
      Smmu smmu,
      RootComplex root,
      long ramBase,
      long ramBytes) {
    this.folder = folder;
    this.thread = thread;
    this.loop = loop;
    this.execution = execution;
    this.root = root;
    ram = new SharedRam(ramBase, ramBytes);
    this.smmu = new SmmuFunction(loop, smmu, root, interrupts, ram);
  }

  /**
   * Makes the folder and opens the SMMU's socket; those of functions follow. Not on the loop.
   *
   * @throws IOException if they cannot be there, with one sentence
   */
  public void open() throws IOException {
    makePrivate();
    VfioPort port = new VfioPort(smmu, loop, tally);
    port.open(thread, folder.resolve(SMMU_SOCKET));
    ports.put(SMMU_SOCKET, port);
    task = execution.spawn("vfio-user sockets", this::work);
  }

  private void makePrivate() throws IOException {
    try {
      Path unused = Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(OWNER));
      folderIsOurs = true;
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException(folder + " is no folder; use another one", e);
      }
      Set<PosixFilePermission> others = EnumSet.copyOf(Files.getPosixFilePermissions(folder));
      others.removeAll(OWNER);
      if (!others.isEmpty()) {
        throw new IOException(
            "other users may use the folder " + folder + "; use chmod 700, or another one", e);
      }
    } catch (IOException e) {
      throw new IOException("the folder " + folder + " cannot be made: " + e.getMessage(), e);
    }
  }

  /** What has happened at all sockets. */
  public Counts<VfioCounter> counts() {
    return tally.counts();
  }

  /** A message with an interrupt's number; on the hardware's loop. */
  public void interrupt(int intid) {
    interrupts.raise(intid);
  }

  @Override
  public void announced(int requesterId, String name) {
    BusFunction function = new BusFunction(loop, root, requesterId, name, ram);
    functions.put(requesterId, function);
    function.prepare(
        answered -> {
          if (function.isGone()) {
            return;
          }
          if (answered) {
            then(() -> serve(function));
          } else {
            LOG.warn("{} does not answer for its configuration space, and is not served", name);
          }
        });
  }

  @Override
  public void gone(int requesterId) {
    BusFunction function = functions.remove(requesterId);
    if (function != null) {
      function.gone();
      then(() -> close(socketOf(requesterId)));
    }
  }

  private static String socketOf(int requesterId) {
    return new PciAddress(requesterId) + ".sock";
  }

  // The task.

  private void then(Runnable step) {
    steps.add(step);
    Execution.Handle sleeper = task;
    if (sleeper != null) {
      execution.unpark(sleeper);
    }
  }

  private void work() {
    while (!closing || !steps.isEmpty()) {
      Runnable step = steps.poll();
      if (step == null) {
        execution.park(Long.MAX_VALUE);
      } else {
        step.run();
      }
    }
    ports.values().forEach(VfioPort::close);
    ended.complete(null);
  }

  private void serve(BusFunction function) {
    String name = socketOf(function.requesterId());
    VfioPort port = new VfioPort(function, loop, tally);
    try {
      port.open(thread, folder.resolve(name));
      ports.put(name, port);
    } catch (IOException e) {
      LOG.error("{} is not served: {}", function.name(), e.getMessage());
    }
  }

  private void close(String name) {
    VfioPort port = ports.remove(name);
    if (port != null) {
      port.close();
    }
  }

  /** Closes all sockets; not on the loop, which still runs. */
  @Override
  public void close() {
    closing = true;
    Execution.Handle sleeper = task;
    if (sleeper != null) {
      execution.unpark(sleeper);
      ended.join();
    }
    if (folderIsOurs) {
      try {
        Files.deleteIfExists(folder);
      } catch (IOException e) {
        LOG.debug("{} stays", folder, e);
      }
    }
  }
}
