package io.github.streamleak.run;

import java.lang.StackWalker.StackFrame;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;

/**
 * A method in which code was written, whatever the compiler has made of it: lambdas and anonymous
 * classes stand in the method around them.
 *
 * @param type the class that declares the method
 * @param method its name; overloads count as one, and so do all constructors of a class
 */
record Place(Class<?> type, String method) {

  /** What the compiler puts the code of constructors and of fields' initializers under. */
  private static final String CONSTRUCTOR = "new";

  private static final String LAMBDA = "lambda$";

  /** What Kotlin puts between the name of a method and the number of a lambda in it. */
  private static final String KOTLIN_LAMBDA = "$lambda$";

  static Place of(Executable code) {
    return new Place(
        code.getDeclaringClass(), code instanceof Constructor ? CONSTRUCTOR : code.getName());
  }

  static Place of(StackFrame frame) {
    Class<?> type = frame.getDeclaringClass();
    String method = written(frame.getMethodName());
    try {
      // Each step leads from an anonymous or local class to the method that it stands in.
      while (type.isAnonymousClass() || type.isLocalClass() || type.getEnclosingMethod() != null) {
        Method around = type.getEnclosingMethod();
        Class<?> outer = type.getEnclosingClass();
        if (outer == null) {
          break;
        }
        method = around == null ? CONSTRUCTOR : written(around.getName());
        type = outer;
      }
    } catch (LinkageError | RuntimeException e) {
      // A class that was made at run time need not say what is around it.
      return new Place(frame.getDeclaringClass(), method);
    }
    return new Place(type, method);
  }

  /** Returns the name of the method that a method of a class file was written in. */
  private static String written(String name) {
    if (name.equals("<init>")) {
      return CONSTRUCTOR;
    }
    if (name.startsWith(LAMBDA)) {
      int end = name.lastIndexOf('$');
      return end < LAMBDA.length() ? name : name.substring(LAMBDA.length(), end);
    }
    int kotlin = name.indexOf(KOTLIN_LAMBDA);
    return kotlin > 0 ? name.substring(0, kotlin) : name;
  }
}
