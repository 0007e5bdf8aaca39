package io.github.streamleak.report;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the source file of a class, as a path from the root of the repository. A class whose file
 * is not found, or could be one of several, has no path.
 *
 * <p>The directory of the module is searched first. Only if the file is not there is the whole
 * repository walked, once, because that takes long. Not thread-safe.
 */
final class SourceFiles {

  private static final int LONGEST_CODE = 200;
  private static final int MOST_FILES = 200_000;
  private static final int DEEPEST = 24;
  private static final int FILES_REMEMBERED = 32;

  private static final List<String> LANGUAGES = List.of("java", "kotlin", "groovy", "scala");
  private static final List<String> EXTENSIONS = List.of(".java", ".kt", ".groovy", ".scala");

  /**
   * Directories without sources that somebody wrote. Below a {@code src} such a name is a package,
   * and is not skipped.
   */
  private static final Set<String> SKIPPED =
      Set.of("node_modules", "target", "build", "out", "bin", "dist");

  private final Path module;
  private final Path root;

  /** What the address of a file begins with, on GitHub; null elsewhere. */
  private final @Nullable String address;

  private final Map<String, Optional<Path>> found = new HashMap<>();
  private final Map<Path, List<String>> lines =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Path, List<String>> eldest) {
          return size() > FILES_REMEMBERED;
        }
      };
  private @Nullable Map<String, List<Path>> written;
  private @Nullable Map<String, List<Path>> generated;

  /**
   * Makes an instance that searches below {@code root}.
   *
   * @param module the directory that is searched first: the root itself or a directory below it
   */
  SourceFiles(Path module, Path root) {
    this(module, root, null);
  }

  private SourceFiles(Path module, Path root, @Nullable String address) {
    this.address = address;
    this.module = module.toAbsolutePath().normalize();
    this.root = root.toAbsolutePath().normalize();
  }

  /**
   * Returns an instance that searches the repository that {@code module} is in. Its root is the
   * workspace of GitHub's runner, or else the nearest parent with a {@code .git}, or else {@code
   * module} itself.
   */
  static SourceFiles around(Path module, Map<String, String> environment) {
    Path start = module.toAbsolutePath().normalize();
    String workspace = environment.get("GITHUB_WORKSPACE");
    if (workspace != null && !workspace.isBlank()) {
      Path root = Path.of(workspace).toAbsolutePath().normalize();
      if (start.startsWith(root)) {
        return new SourceFiles(start, root, address(environment));
      }
    }
    for (Path parent = start; parent != null; parent = parent.getParent()) {
      // In a work tree of git this is a file and not a directory.
      if (Files.exists(parent.resolve(".git"))) {
        return new SourceFiles(start, parent, address(environment));
      }
    }
    return new SourceFiles(start, start, address(environment));
  }

  private static @Nullable String address(Map<String, String> environment) {
    String server = environment.get("GITHUB_SERVER_URL");
    String repository = environment.get("GITHUB_REPOSITORY");
    String commit = environment.get("GITHUB_SHA");
    return server == null || repository == null || commit == null
        ? null
        : server + "/" + repository + "/blob/" + commit + "/";
  }

  /** Returns the address of a frame's line; empty if its file or the repository is not known. */
  Optional<String> address(JsonObject frame) {
    String path = Json.string(frame, "path");
    return path == null || address == null
        ? Optional.empty()
        : Optional.of(address + uri(path) + "#L" + Math.max(1, Json.number(frame, "line", 1)));
  }

  /**
   * Encodes a relative path as a URI. A colon is encoded as well, because it would end a scheme.
   */
  static String uri(String path) {
    StringBuilder uri = new StringBuilder();
    for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xFF);
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || "/-._~$".indexOf(c) >= 0;
      uri.append(plain ? String.valueOf(c) : String.format(Locale.ROOT, "%%%02X", (int) c));
    }
    return uri.toString();
  }

  Path root() {
    return root;
  }

  /** Fills in the path of a frame's file and the text of its line, if the file is found. */
  void complete(@Nullable JsonObject frame) {
    if (frame == null) {
      return;
    }
    String type = Json.string(frame, "class");
    String name = Json.string(frame, "file");
    Path file = type == null || name == null ? null : find(type, name).orElse(null);
    frame.remove("statement");
    if (file == null) {
      frame.add("path", JsonNull.INSTANCE);
      frame.add("code", JsonNull.INSTANCE);
    } else {
      frame.add("path", new JsonPrimitive(relative(file)));
      long line = Json.number(frame, "line", 0);
      frame.add("code", Json.text(line(file, line)));
      Statement statement = statement(file, line);
      if (statement != null) {
        frame.add("statement", statement.toJson());
      }
    }
  }

  /** Returns the path of a class by its name alone, when the name of its file is not known. */
  Optional<String> pathOf(String type) {
    String outer = outer(type);
    String simple = outer.substring(outer.lastIndexOf('.') + 1);
    return EXTENSIONS.stream()
        .flatMap(extension -> find(type, simple + extension).stream())
        .map(this::relative)
        .findFirst();
  }

  private String relative(Path file) {
    return root.relativize(file).toString().replace('\\', '/');
  }

  private @Nullable String line(Path file, long number) {
    List<String> text = lines.computeIfAbsent(file, SourceFiles::read);
    if (number < 1 || number > text.size()) {
      return null;
    }
    return Texts.cut(text.get((int) number - 1).strip(), LONGEST_CODE);
  }

  private @Nullable Statement statement(Path file, long number) {
    List<String> text = lines.computeIfAbsent(file, SourceFiles::read);
    return number < 1 || number > text.size()
        ? null
        : Statement.around(text, (int) number, LONGEST_CODE);
  }

  private static List<String> read(Path file) {
    try {
      // Bytes that are not UTF-8 are replaced and not refused.
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  private Optional<Path> find(String type, String name) {
    // Any other name, such as one with a path in it, is not that of a source file.
    if (EXTENSIONS.stream().noneMatch(name::endsWith)
        || name.contains("/")
        || name.contains("\\")) {
      return Optional.empty();
    }
    String outer = outer(type);
    String inPackage = outer.substring(0, outer.lastIndexOf('.') + 1).replace('.', '/') + name;
    return found.computeIfAbsent(inPackage, path -> search(path, name));
  }

  private static String outer(String type) {
    int nested = type.indexOf('$', 1);
    return nested < 0 ? type : type.substring(0, nested);
  }

  private Optional<Path> search(String inPackage, String name) {
    try {
      List<Path> here = inModule(inPackage);
      if (here.isEmpty()) {
        walk();
        here = matching(written, inPackage, name);
      }
      if (here.isEmpty()) {
        here = matching(generated, inPackage, name);
      }
      return here.size() == 1 ? Optional.of(here.get(0)) : Optional.empty();
    } catch (IOException | InvalidPathException e) {
      return Optional.empty();
    }
  }

  private List<Path> inModule(String inPackage) throws IOException {
    Path sources = module.resolve("src");
    List<Path> files = new ArrayList<>();
    if (Files.isDirectory(sources)) {
      try (Stream<Path> sets = Files.list(sources)) {
        for (Path set : sets.sorted().toList()) {
          for (String language : LANGUAGES) {
            Path file = set.resolve(language).resolve(inPackage);
            if (Files.isRegularFile(file)) {
              files.add(file);
            }
          }
        }
      }
    }
    return files;
  }

  /**
   * Returns the files that match. In Kotlin a file need not lie in the directory of its package;
   * then its package statement is read.
   */
  private List<Path> matching(
      @Nullable Map<String, List<Path>> files, String inPackage, String name) {
    List<Path> named = files == null ? List.of() : files.getOrDefault(name, List.of());
    List<Path> exact = named.stream().filter(file -> file.endsWith(inPackage)).toList();
    if (!exact.isEmpty() || !name.endsWith(".kt")) {
      return exact;
    }
    int end = inPackage.lastIndexOf('/');
    String statement = end < 0 ? null : "package " + inPackage.substring(0, end).replace('/', '.');
    return named.stream()
        .filter(
            file ->
                lines.computeIfAbsent(file, SourceFiles::read).stream()
                    .anyMatch(line -> line.strip().equals(statement)))
        .toList();
  }

  private void walk() throws IOException {
    if (written != null) {
      return;
    }
    Map<String, List<Path>> sources = new HashMap<>();
    Map<String, List<Path>> made = new HashMap<>();
    written = sources;
    generated = made;
    Files.walkFileTree(
        root,
        Set.of(),
        DEEPEST,
        new SimpleFileVisitor<>() {
          private int seen;

          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            if (directory.equals(root)) {
              return FileVisitResult.CONTINUE;
            }
            String name = directory.getFileName().toString();
            if (name.startsWith(".")) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            Path parent = directory.getParent();
            boolean isBuilt = parent != null && isBuildDirectory(parent);
            boolean skip =
                isBuilt
                    ? !name.startsWith("generated")
                    : SKIPPED.contains(name)
                        && !hasSources(directory)
                        && !isBuildDirectory(directory);
            return skip ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String name = file.getFileName().toString();
            if (attributes.isRegularFile() && EXTENSIONS.stream().anyMatch(name::endsWith)) {
              boolean isMade = !hasSources(file) && isBelowBuildDirectory(file);
              (isMade ? made : sources).computeIfAbsent(name, n -> new ArrayList<>()).add(file);
            }
            return ++seen < MOST_FILES ? FileVisitResult.CONTINUE : FileVisitResult.TERMINATE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) {
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Returns whether there is a directory {@code src} between the root and {@code path}. */
  private boolean hasSources(Path path) {
    for (Path part : root.relativize(path)) {
      if (part.toString().equals("src")) {
        return true;
      }
    }
    return false;
  }

  private boolean isBuildDirectory(Path path) {
    Path name = path.getFileName();
    return name != null
        && !path.equals(root)
        && (name.toString().equals("target") || name.toString().equals("build"))
        && !hasSources(path);
  }

  private boolean isBelowBuildDirectory(Path file) {
    for (Path parent = file.getParent();
        parent != null && !parent.equals(root);
        parent = parent.getParent()) {
      if (isBuildDirectory(parent)) {
        return true;
      }
    }
    return false;
  }
}
