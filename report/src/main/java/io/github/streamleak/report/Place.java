package io.github.streamleak.report;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names the method that a frame of a stack stands in, as it is written in the source: the same name
 * on every run, on every JDK, and whatever lines or lambdas are added before it.
 *
 * <p>Two methods never have one name. A frame alone does not tell two overloads apart, nor the
 * methods of two anonymous classes; so the class file is asked for what the frame lacks. Where it
 * cannot be had, the name is made from the frame alone.
 */
final class Place {

  /**
   * A class that the JVM defined at run time: {@code Outer$$Lambda/0x0000...} or {@code $14/123}.
   */
  private static final Pattern HIDDEN = Pattern.compile("/(0x)?[0-9a-fA-F]+$");

  /** A class that a library made at run time, such as a mock or a proxy. */
  private static final Pattern SUBCLASS =
      Pattern.compile(
          "(\\$\\$?(Lambda|MockitoMock|ByteBuddy|EnhancerBy\\w*|SpringCGLIB|HibernateProxy)"
              + "|_\\$\\$_(jvst|javassist)\\w*)\\b.*");

  /**
   * A class that Kotlin named after a method, {@code Outer$method$1}: a continuation, a lambda or
   * an object.
   */
  private static final Pattern KOTLIN = Pattern.compile("^(.+?)\\$([^$A-Z\\d_][^$]*)\\$\\d.*$");

  /** The methods of such a class that Kotlin makes up itself. */
  private static final List<String> OF_KOTLIN = List.of("invoke", "invokeSuspend", "emit");

  /** A closure of Groovy, {@code Outer$_method_closure1}. */
  private static final Pattern GROOVY = Pattern.compile("^(.+?)\\$_(\\w+?)_closure\\d+.*$");

  /** A proxy of the JDK. Proxies are numbered in the order in which they were made. */
  private static final Pattern PROXY = Pattern.compile("^(?:.*\\.)?\\$Proxy\\d+$");

  /** The last part of a class name that a compiler numbered, and the named classes inside it. */
  private static final Pattern NUMBERED =
      Pattern.compile("^(.*)\\$(\\d+)([^$\\d][^$]*)?((?:\\$\\D[^$]*)*)$");

  private static final String CONSTRUCTOR = "<init>";
  private static final String INITIALIZER = "<clinit>";

  /** What Eclipse's compiler leaves of the name of a lambda. */
  private static final String NAMELESS = "lambda";

  private Place() {}

  static String of(StackTraceElement frame) {
    String type = HIDDEN.matcher(frame.getClassName()).replaceFirst("");
    type = PROXY.matcher(type).replaceFirst("Proxy");
    type = SUBCLASS.matcher(type).replaceFirst("");
    Matcher groovy = GROOVY.matcher(type);
    if (groovy.matches()) {
      return withoutNumbers(groovy.group(1)) + "." + groovy.group(2);
    }
    String method = frame.getMethodName();
    Matcher kotlin = KOTLIN.matcher(type);
    if (kotlin.matches()) {
      return withoutNumbers(kotlin.group(1))
          + "."
          + kotlin.group(2)
          + (OF_KOTLIN.contains(method) ? "" : "." + written(method));
    }
    return of(type, method, null, frame.getLineNumber());
  }

  private static String of(String type, String method, @Nullable String descriptor, int line) {
    String own = nameOf(type, method, descriptor, line);
    Matcher numbered = NUMBERED.matcher(type);
    if (!numbered.matches()) {
      return type + "." + own;
    }
    // An anonymous or local class is where it stands in the source: in a method.
    String name = numbered.group(3) == null ? "" : "." + numbered.group(3);
    String nested = numbered.group(4);
    String numberedClass = type.substring(0, type.length() - nested.length());
    Optional<ClassFile.Enclosing> enclosing =
        ClassFile.of(numberedClass).flatMap(ClassFile::enclosing);
    if (enclosing.isEmpty()) {
      return withoutNumbers(type) + "." + own;
    }
    String around = enclosing.get().className();
    String in = enclosing.get().method();
    return (in == null
            ? withoutNumbers(around)
            : of(around, in, enclosing.get().descriptor(), /* line= */ 0))
        + name
        + nested.replace('$', '.')
        + "."
        + own;
  }

  /** Returns the name of a method as it is written, with its parameters if it is overloaded. */
  private static String nameOf(String type, String method, @Nullable String descriptor, int line) {
    String written = written(method);
    List<ClassFile.Method> all = ClassFile.of(type).map(ClassFile::methods).orElse(List.of());
    List<ClassFile.Method> candidates =
        all.stream()
            .filter(each -> !each.isSynthetic())
            .filter(each -> written.equals(NAMELESS) || each.name().equals(written))
            .toList();
    ClassFile.Method found = pick(candidates, method, descriptor, line);
    if (found == null) {
      return written;
    }
    long equallyNamed =
        all.stream()
            .filter(each -> !each.isSynthetic() && each.name().equals(found.name()))
            .count();
    return found.name() + (equallyNamed > 1 ? parameters(found.descriptor()) : "");
  }

  private static ClassFile.@Nullable Method pick(
      List<ClassFile.Method> candidates, String method, @Nullable String descriptor, int line) {
    if (candidates.size() == 1) {
      return candidates.get(0);
    }
    if (descriptor != null) {
      return candidates.stream()
          .filter(each -> each.name().equals(method) && each.descriptor().equals(descriptor))
          .findFirst()
          .orElse(null);
    }
    // The lines of a constructor reach from the first field to its own last line, and so over
    // methods between. The last statement of a lambda may come after all lines of its method.
    return candidates.stream()
        .filter(each -> each.hasLine(line))
        .min(Comparator.comparing(each -> each.to() - each.from()))
        .or(
            () ->
                candidates.stream()
                    .filter(each -> each.from() > 0 && each.from() <= line)
                    .max(Comparator.comparing(ClassFile.Method::from)))
        .orElse(null);
  }

  /** Returns the simple names of the types, such as {@code (String,int[])}. */
  private static String parameters(String descriptor) {
    StringBuilder types = new StringBuilder("(");
    int i = 1;
    while (descriptor.charAt(i) != ')') {
      int dimensions = 0;
      while (descriptor.charAt(i) == '[') {
        dimensions++;
        i++;
      }
      int end = descriptor.charAt(i) == 'L' ? descriptor.indexOf(';', i) : i;
      String type =
          switch (descriptor.charAt(i)) {
            case 'L' -> simple(descriptor.substring(i + 1, end));
            case 'Z' -> "boolean";
            case 'B' -> "byte";
            case 'C' -> "char";
            case 'D' -> "double";
            case 'F' -> "float";
            case 'I' -> "int";
            case 'J' -> "long";
            default -> "short";
          };
      types.append(types.length() > 1 ? "," : "").append(type).append("[]".repeat(dimensions));
      i = end + 1;
    }
    return types.append(')').toString();
  }

  private static String simple(String type) {
    return type.substring(Math.max(type.lastIndexOf('/'), type.lastIndexOf('$')) + 1);
  }

  /** Removes the parts of a class name that a compiler numbered, from right to left. */
  private static String withoutNumbers(String type) {
    String name = type;
    for (int at = name.lastIndexOf('$'); at > 0; at = name.lastIndexOf('$')) {
      String part = name.substring(at + 1);
      if (!part.isEmpty() && !Character.isDigit(part.charAt(0))) {
        // A class that is nested in an anonymous or local class carries that one's number.
        int inner = name.indexOf('$');
        while (inner > 0 && inner + 1 < name.length()) {
          if (Character.isDigit(name.charAt(inner + 1))) {
            return name.substring(0, inner);
          }
          inner = name.indexOf('$', inner + 1);
        }
        return name;
      }
      name = name.substring(0, at);
    }
    return name;
  }

  private static String written(String method) {
    // javac: lambda$watch$3, lambda$new$0; Kotlin: watch$lambda$3, watch$lambda-3,
    // watch$suspendImpl; Scala: $anonfun$watch$1
    if (method.startsWith("lambda$")) {
      String rest = method.substring("lambda$".length());
      int end = rest.lastIndexOf('$');
      String name = end < 0 ? rest : rest.substring(0, end);
      return switch (name) {
        case "new", "" -> CONSTRUCTOR;
        case "static" -> INITIALIZER;
        default -> Character.isDigit(name.charAt(0)) ? NAMELESS : written(name);
      };
    }
    if (method.startsWith("$anonfun$") && method.length() > "$anonfun$".length()) {
      return written(method.substring("$anonfun$".length()));
    }
    // javac's bridges to private members, access$000 or access$watch
    if (method.startsWith("access$") && method.length() > "access$".length()) {
      String rest = method.substring("access$".length());
      return Character.isDigit(rest.charAt(0)) ? "access" : written(rest);
    }
    int generated = method.indexOf('$', 1);
    return generated < 0 ? method : method.substring(0, generated);
  }
}
