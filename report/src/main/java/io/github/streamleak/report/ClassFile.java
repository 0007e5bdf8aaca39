package io.github.streamleak.report;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a class file says about methods that a frame of a stack does not: which lines they have,
 * their parameters, and the method that an anonymous or local class stands in.
 *
 * <p>It is read and not loaded: the class may belong to a class loader that is not at hand, and no
 * code of it is to run. Only the parts of the format that have been there since Java 1.5 are used.
 */
final class ClassFile {

  private static final int MAGIC = 0xCAFEBABE;
  private static final int ACC_SYNTHETIC = 0x1000;

  /** A method: its name, its descriptor, and the first and last of its lines; 0 without any. */
  record Method(String name, String descriptor, boolean isSynthetic, int from, int to) {
    boolean hasLine(int line) {
      return from > 0 && from <= line && line <= to;
    }
  }

  /** The method that a class stands in; its name is null in an initializer. */
  record Enclosing(String className, @Nullable String method, @Nullable String descriptor) {}

  private final List<Method> methods = new ArrayList<>();
  private @Nullable Enclosing enclosing;

  private ClassFile() {}

  /**
   * Returns the file of a class, by its binary name; empty if it is not found or not understood.
   */
  static Optional<ClassFile> of(String className) {
    String resource = className.replace('.', '/') + ".class";
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    try (InputStream in =
        context == null
            ? ClassLoader.getSystemResourceAsStream(resource)
            : context.getResourceAsStream(resource)) {
      if (in == null) {
        return Optional.empty();
      }
      ClassFile file = new ClassFile();
      file.read(new DataInputStream(new ByteArrayInputStream(in.readAllBytes())));
      return Optional.of(file);
    } catch (IOException | RuntimeException e) {
      // A loader of the user's may throw anything; what is not known is not told apart.
      return Optional.empty();
    }
  }

  List<Method> methods() {
    return methods;
  }

  Optional<Enclosing> enclosing() {
    return Optional.ofNullable(enclosing);
  }

  private void read(DataInputStream in) throws IOException {
    if (in.readInt() != MAGIC) {
      throw new IOException("not a class file");
    }
    in.readInt(); // the versions
    Map<Integer, Object> constants = constants(in);
    in.skipNBytes(6); // the flags, the class and its superclass
    in.skipNBytes(2L * in.readUnsignedShort()); // the interfaces
    int fields = in.readUnsignedShort();
    for (int i = 0; i < fields; i++) {
      in.skipNBytes(6);
      skipAttributes(in);
    }
    int count = in.readUnsignedShort();
    for (int i = 0; i < count; i++) {
      methods.add(method(in, constants));
    }
    int attributes = in.readUnsignedShort();
    for (int i = 0; i < attributes; i++) {
      String name = text(constants, in.readUnsignedShort());
      long length = in.readInt() & 0xFFFFFFFFL;
      if (name.equals("EnclosingMethod")) {
        enclosing = enclosing(constants, in.readUnsignedShort(), in.readUnsignedShort());
      } else {
        in.skipNBytes(length);
      }
    }
  }

  /** Reads the constants that are needed: texts, names of classes, and names with types. */
  private static Map<Integer, Object> constants(DataInputStream in) throws IOException {
    Map<Integer, Object> constants = new HashMap<>();
    int count = in.readUnsignedShort();
    for (int i = 1; i < count; i++) {
      int tag = in.readUnsignedByte();
      switch (tag) {
        case 1 -> constants.put(i, in.readUTF());
        case 7 -> constants.put(i, new int[] {in.readUnsignedShort()});
        case 12 -> constants.put(i, new int[] {in.readUnsignedShort(), in.readUnsignedShort()});
        case 8, 16, 19, 20 -> in.skipNBytes(2);
        case 15 -> in.skipNBytes(3);
        case 3, 4, 9, 10, 11, 17, 18 -> in.skipNBytes(4);
        case 5, 6 -> {
          in.skipNBytes(8);
          i++; // They take two places.
        }
        default -> throw new IOException("a constant of the unknown kind " + tag);
      }
    }
    return constants;
  }

  private static String text(Map<Integer, Object> constants, int index) throws IOException {
    if (constants.get(index) instanceof String text) {
      return text;
    }
    throw new IOException("constant " + index + " is no text");
  }

  private static int[] indexes(Map<Integer, Object> constants, int index) throws IOException {
    if (constants.get(index) instanceof int[] indexes) {
      return indexes;
    }
    throw new IOException("constant " + index + " refers to nothing");
  }

  private static Enclosing enclosing(Map<Integer, Object> constants, int type, int method)
      throws IOException {
    String className = text(constants, indexes(constants, type)[0]).replace('/', '.');
    if (method == 0) {
      return new Enclosing(className, null, null);
    }
    int[] nameAndType = indexes(constants, method);
    return new Enclosing(
        className, text(constants, nameAndType[0]), text(constants, nameAndType[1]));
  }

  private static Method method(DataInputStream in, Map<Integer, Object> constants)
      throws IOException {
    int flags = in.readUnsignedShort();
    String name = text(constants, in.readUnsignedShort());
    String descriptor = text(constants, in.readUnsignedShort());
    int[] lines = {0, 0};
    int attributes = in.readUnsignedShort();
    for (int i = 0; i < attributes; i++) {
      String attribute = text(constants, in.readUnsignedShort());
      long length = in.readInt() & 0xFFFFFFFFL;
      if (attribute.equals("Code")) {
        readLines(in, constants, lines);
      } else {
        in.skipNBytes(length);
      }
    }
    return new Method(name, descriptor, (flags & ACC_SYNTHETIC) != 0, lines[0], lines[1]);
  }

  private static void readLines(DataInputStream in, Map<Integer, Object> constants, int[] lines)
      throws IOException {
    in.skipNBytes(4); // the sizes of the stack and of the local variables
    in.skipNBytes(in.readInt() & 0xFFFFFFFFL); // the code
    in.skipNBytes(8L * in.readUnsignedShort()); // the exceptions
    int attributes = in.readUnsignedShort();
    for (int i = 0; i < attributes; i++) {
      String name = text(constants, in.readUnsignedShort());
      long length = in.readInt() & 0xFFFFFFFFL;
      if (!name.equals("LineNumberTable")) {
        in.skipNBytes(length);
        continue;
      }
      int entries = in.readUnsignedShort();
      for (int j = 0; j < entries; j++) {
        in.skipNBytes(2);
        int line = in.readUnsignedShort();
        lines[0] = lines[0] == 0 ? line : Math.min(lines[0], line);
        lines[1] = Math.max(lines[1], line);
      }
    }
  }

  private static void skipAttributes(DataInputStream in) throws IOException {
    int attributes = in.readUnsignedShort();
    for (int i = 0; i < attributes; i++) {
      in.skipNBytes(2);
      in.skipNBytes(in.readInt() & 0xFFFFFFFFL);
    }
  }
}
